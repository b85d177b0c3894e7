// PyTorch's pickled files: why they are not read, and how they are converted.

/** The reason, to stand after a path. */
export const pickleRefusal =
  "is a pickle, PyTorch's older format, which can run any code when it is opened and is not read here";

/** Commands of Python that write safetensors instead. */
export const pickleCommands = {
  folder:
    "python -c \"from diffusers import DiffusionPipeline as P; P.from_pretrained('FOLDER').save_pretrained('NEW_FOLDER')\"",
  file: "python -c \"import torch, safetensors.torch as s; t = torch.load('FILE', map_location='cpu', weights_only=True); t = t.get('state_dict', t); s.save_file({k: v.clone().contiguous() for k, v in t.items() if hasattr(v, 'clone')}, 'NEW.safetensors')\"",
} as const;
