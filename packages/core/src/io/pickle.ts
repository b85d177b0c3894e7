// PyTorch's pickled files: how they begin, why they are not read, and how they are converted.

import { checkBytes } from '../checks/index.js';

/** The reason, to stand after a path. */
export const pickleRefusal =
  "is a pickle, PyTorch's older format, which can run any code when it is opened and is not read here";

/** Commands of Python that write safetensors instead. */
export const pickleCommands = {
  folder:
    "python -c \"from diffusers import DiffusionPipeline as P; P.from_pretrained('FOLDER').save_pretrained('NEW_FOLDER')\"",
  // Embeddings of A1111 hold their tensor in a dictionary of its own, which a plain list of tensors would lose.
  file: "python -c \"import torch, safetensors.torch as s; f = lambda d, p='': {k: v for n, x in d.items() for k, v in (f(x, p + str(n) + '.') if hasattr(x, 'items') else {p + str(n): x}).items()}; t = torch.load('FILE', map_location='cpu', weights_only=True); s.save_file({k: v.clone().contiguous() for k, v in f(t.get('state_dict', t)).items() if hasattr(v, 'clone')}, 'NEW.safetensors')\"",
} as const;

/**
 * Whether a file that begins with these bytes, eight or more, is a pickle: it has the protocol's mark, or is a zip archive. A
 * header of safetensors begins with its size in 8 bytes, of which the last four are always 0.
 */
export function isPickle(bytes: Uint8Array): boolean {
  const [first, second, third] = checkBytes(bytes, 'bytes');
  const zip = first === 0x50 && second === 0x4b && (third === 3 || third === 5);
  const protocol = first === 0x80 && second !== undefined && second >= 2 && second <= 5;
  return zip || (protocol && bytes.subarray(4, 8).some((byte) => byte !== 0));
}
