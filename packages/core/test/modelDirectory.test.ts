import { fixtureSource } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { type Tensors, tensor } from '../src/graph/tensor.js';
import {
  type FileSink,
  type FileSource,
  type ModelContent,
  readComponentConfig,
  readModelIndex,
  readSafetensorsHeader,
  readWeights,
  writeModelDirectory,
  writeSafetensors,
} from '../src/io/index.js';

class MemoryFiles implements FileSource, FileSink {
  readonly files = new Map<string, Uint8Array>();
  readonly opened: string[] = [];

  async read(path: string): Promise<Uint8Array | undefined> {
    this.opened.push(path);
    return this.files.get(path);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes);
  }

  text(path: string, content: unknown): this {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    this.files.set(
      path,
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
    );
    return this;
  }

  tensors(path: string, tensors: Tensors): this {
    this.files.set(path, writeSafetensors(tensors));
    return this;
  }
}

const weights: Tensors = { 'conv.weight': tensor([1, 0.1], [2]), ids: tensor([3], [1], 'int32') };
const content: ModelContent = {
  index: {
    className: 'StableDiffusionPipeline',
    components: {
      unet: { library: 'diffusers', className: 'UNet2DConditionModel' },
      text_encoder: { library: 'transformers', className: 'CLIPTextModel' },
      scheduler: { library: 'diffusers', className: 'DDIMScheduler' },
    },
    settings: { _diffusers_version: '0.21.4' },
  },
  components: {
    unet: { config: { sample_size: 16 }, weights },
    text_encoder: { config: { hidden_size: 32 }, weights, files: { 'note.txt': Uint8Array.of(104, 105) } },
    scheduler: { config: { _class_name: 'DDIMScheduler' } },
  },
};

describe('model directories', () => {
  it('reads what it wrote, with the names that diffusers expects', async () => {
    const files = new MemoryFiles();
    await writeModelDirectory(files, content);
    expect([...files.files.keys()]).toEqual([
      'unet/config.json',
      'unet/diffusion_pytorch_model.safetensors',
      'text_encoder/config.json',
      'text_encoder/model.safetensors',
      'text_encoder/note.txt',
      'scheduler/scheduler_config.json',
      'model_index.json',
    ]);
    expect(await readModelIndex(files)).toEqual(content.index);
    expect(await readComponentConfig(files, 'scheduler')).toEqual({ _class_name: 'DDIMScheduler' });
    expect(await readWeights(files, 'unet')).toEqual(weights);
    expect(await readWeights(files, 'text_encoder')).toEqual(weights);
  });

  it.each([65520, -1e30, Number.NaN, Number.POSITIVE_INFINITY])(
    'half precision that cannot hold %d is an error that names file and tensor, and nothing is written',
    async (value) => {
      const files = new MemoryFiles();
      const unet = { config: {}, weights: { 'a.weight': tensor([1, value], [2]) } };
      const given = { ...content, components: { ...content.components, unet } };
      await expect(writeModelDirectory(files, given, { float16: true })).rejects.toThrow(
        /^unet\/diffusion_pytorch_model\.safetensors: a\.weight holds a number that half precision cannot/,
      );
      expect([...files.files.keys()]).not.toContain('model_index.json');
    },
  );

  it('refuses to write weights that are no numbers', async () => {
    const unet = { config: {}, weights: { 'a.weight': tensor([Number.NaN], [1]) } };
    const given = { ...content, components: { ...content.components, unet } };
    await expect(writeModelDirectory(new MemoryFiles(), given)).rejects.toThrow(
      /^unet\/diffusion_pytorch_model\.safetensors: a\.weight holds NaN/,
    );
  });

  it('names file and tensor where weights are no numbers, in memory and on a disk', async () => {
    const damaged = { fine: tensor([1], [1]), 'b.weight': tensor([0, Number.NaN], [2]) };
    const path = 'unet/diffusion_pytorch_model.safetensors';
    const files = new MemoryFiles().tensors(path, damaged);
    const bytes = files.files.get(path)!;
    const read = (offset: number, length: number) => bytes.slice(offset, offset + length);
    const onDisk = async () => ({ path: '/model/x', size: bytes.length, read });
    for (const source of [files, Object.assign(new MemoryFiles().tensors(path, damaged), { onDisk })]) {
      await expect(readWeights(source, 'unet')).rejects.toThrow(
        /^unet\/diffusion_pytorch_model\.safetensors: safetensors: b\.weight holds NaN/,
      );
    }
  });

  it('writes texts into the metadata of each file, beside the format', async () => {
    const files = new MemoryFiles();
    await writeModelDirectory(files, content, { metadata: { license: 'MIT', format: 'np' } });
    for (const path of ['unet/diffusion_pytorch_model.safetensors', 'text_encoder/model.safetensors']) {
      expect(readSafetensorsHeader(files.files.get(path)!).metadata).toEqual({
        license: 'MIT',
        format: 'pt',
      });
    }
  });

  it('takes files of diffusers before those of transformers, and whole ones before shards', async () => {
    const x = (value: number): Tensors => ({ x: tensor([value], [1]) });
    const shards = { weight_map: { x: 'part.fp16.safetensors' } };
    const files = new MemoryFiles()
      .text('unet/model.safetensors.index.fp16.json', shards)
      .tensors('unet/part.fp16.safetensors', x(1));
    const read = async (variant?: string) => (await readWeights(files, 'unet', { variant })).x?.data[0];
    expect(await read()).toBe(1);
    files.tensors('unet/model.fp16.safetensors', x(2));
    expect(await read()).toBe(2);
    files.tensors('unet/diffusion_pytorch_model.fp16.safetensors', x(3));
    expect(await read()).toBe(3);
    files.tensors('unet/model.safetensors', x(4));
    expect(await read()).toBe(4);
    expect(await read('fp16')).toBe(3);
  });

  it('writes half precision and reads it as bits or numbers', async () => {
    const files = new MemoryFiles();
    await writeModelDirectory(files, content, { float16: true });
    expect((await readWeights(files, 'unet'))['conv.weight']?.dtype).toBe('float16');
    const read = (await readWeights(files, 'unet', { float32: true }))['conv.weight']?.data;
    expect(read?.[1]).toBeCloseTo(0.1, 4);
  });

  it('reads the fixtures', async () => {
    const source = fixtureSource('diffusers-sd1/');
    expect((await readComponentConfig(source, 'vae'))._class_name).toBe('AutoencoderKL');
    expect(Object.keys(await readWeights(source, 'text_encoder'))).toContain(
      'text_model.embeddings.token_embedding.weight',
    );
  });

  it("reads a network that lies in the source's own folder", async () => {
    const files = new MemoryFiles()
      .text('config.json', { in_channels: 4 })
      .tensors('diffusion_pytorch_model.safetensors', weights);
    expect(await readComponentConfig(files, '')).toEqual({ in_channels: 4 });
    expect(await readWeights(files, '')).toEqual(weights);
    await expect(readWeights(new MemoryFiles(), '')).rejects.toThrow(
      /^no weights found; looked for diffusion_pytorch_model\.safetensors, diffusion_pytorch_model\.safetensors\.index\.json/,
    );
  });

  it('takes the asked variant, and the one that is there otherwise', async () => {
    const files = new MemoryFiles()
      .tensors('unet/model.safetensors', { x: tensor([32], [1]) })
      .tensors('unet/model.fp16.safetensors', { x: tensor([16], [1]) })
      .tensors('vae/model.fp16.safetensors', { x: tensor([16], [1]) });
    expect((await readWeights(files, 'unet')).x?.data[0]).toBe(32);
    expect((await readWeights(files, 'unet', { variant: 'fp16' })).x?.data[0]).toBe(16);
    expect((await readWeights(files, 'vae')).x?.data[0]).toBe(16);
    expect((await readWeights(files, 'unet', { variant: 'ema' })).x?.data[0]).toBe(32);
  });

  it('joins the shards of an index, and says which shard or tensor is missing', async () => {
    const index = { weight_map: { a: 'one.safetensors', b: 'two.safetensors' } };
    const files = new MemoryFiles()
      .text('unet/model.safetensors.index.json', index)
      .tensors('unet/one.safetensors', { a: tensor([1], [1]) });
    await expect(readWeights(files, 'unet')).rejects.toThrow('unet/two.safetensors is missing');
    files.tensors('unet/two.safetensors', { c: tensor([2], [1]) });
    await expect(readWeights(files, 'unet')).rejects.toThrow('unet/two.safetensors: the tensor b is missing');
    files.tensors('unet/two.safetensors', { b: tensor([2], [1]) });
    expect(Object.keys(await readWeights(files, 'unet'))).toEqual(['a', 'b']);
  });

  it('leaves float32 numbers on a disk until they are asked for', async () => {
    const stored = { x: tensor([1, 2, 3], [3]), n: tensor([7], [1], 'int32') };
    const files = new MemoryFiles().tensors('unet/model.safetensors', stored);
    const bytes = files.files.get('unet/model.safetensors')!;
    const reads: number[][] = [];
    const read = (offset: number, length: number) => {
      reads.push([offset, length]);
      return bytes.slice(offset, offset + length);
    };
    const source = {
      read: (path: string) => files.read(path),
      exists: async (path: string) => files.files.has(path),
      onDisk: async (path: string) => ({ path: `/disk/${path}`, size: bytes.length, read }),
    };
    const { x, n } = await readWeights(source, 'unet');
    expect(files.opened).not.toContain('unet/model.safetensors');
    expect(n).toEqual(stored.n);
    const { offset, length, path } = x!.place!;
    expect([path, length]).toEqual(['/disk/unet/model.safetensors', 12]);
    // Looked at once when it was read, and kept only from here on.
    expect(reads.splice(0)).toContainEqual([offset, length]);
    expect([...x!.data]).toEqual([1, 2, 3]);
    expect(reads).toEqual([[offset, length]]);
    expect(x!.data).toBe(x!.data);
  });

  it.each([
    ['F16', 2, (view: DataView) => view.setUint16(0, 0x7c00, true)],
    ['BF16', 2, (view: DataView) => view.setUint16(0, 0x7fc0, true)],
    ['F64', 8, (view: DataView) => view.setFloat64(0, 1e300, true)],
  ] as const)(
    'leaves %s on a disk too, and looks at it once for what is no number',
    async (dtype, size, spoil) => {
      const header = JSON.stringify({ x: { dtype, shape: [2], data_offsets: [0, 2 * size] } }).padEnd(80);
      const bytes = new Uint8Array(88 + 2 * size);
      new DataView(bytes.buffer).setUint32(0, 80, true);
      bytes.set(new TextEncoder().encode(header), 8);
      const reads: number[] = [];
      const read = (offset: number, length: number) => {
        if (offset === 88) reads.push(length);
        return bytes.slice(offset, offset + length);
      };
      const path = 'unet/model.safetensors';
      const source = {
        read: async () => undefined,
        exists: async (asked: string) => asked === path,
        onDisk: async () => ({ path: '/disk/x', size: bytes.length, read }),
      };
      const { x } = await readWeights(source, 'unet', { float32: true });
      expect(reads.splice(0)).toEqual([2 * size]);
      expect([x?.dtype, x?.shape, x?.place]).toEqual(['float32', [2], undefined]);
      expect(reads).toEqual([]);
      expect([...x!.data]).toEqual([0, 0]);
      expect(reads).toEqual([2 * size]);
      spoil(new DataView(bytes.buffer, 88));
      await expect(readWeights(source, 'unet')).rejects.toThrow(`${path}: safetensors: x holds NaN`);
    },
  );

  it('says which file on a disk is cut short, and where its header is at fault', async () => {
    const files = new MemoryFiles().tensors('unet/model.safetensors', { x: tensor([1, 2, 3], [3]) });
    const whole = files.files.get('unet/model.safetensors')!;
    const cut = (size: number) => ({
      read: (path: string) => files.read(path),
      exists: async (path: string) => files.files.has(path),
      onDisk: async (path: string) => ({
        path,
        size,
        read: (offset: number, length: number) => whole.slice(offset, Math.min(size, offset + length)),
      }),
    });
    const lost = [0, 4, 8, 40, whole.length - 1];
    for (const size of lost) {
      await expect(readWeights(cut(size), 'unet')).rejects.toThrow(
        /^unet\/model\.safetensors: safetensors: /,
      );
    }
  });

  it('reads the infinities that Python writes as null', async () => {
    const files = new MemoryFiles().text(
      'scheduler/scheduler_config.json',
      '{"lambda_min_clipped": -Infinity, "x": NaN, "y": "Infinity \\" NaN"}',
    );
    expect(await readComponentConfig(files, 'scheduler')).toEqual({
      lambda_min_clipped: null,
      x: null,
      y: 'Infinity " NaN',
    });
  });

  it('names the file that is missing, truncated or malformed', async () => {
    const files = new MemoryFiles();
    await expect(readModelIndex(files)).rejects.toThrow('model_index.json is missing');
    await expect(readComponentConfig(files, 'unet')).rejects.toThrow('unet/config.json is missing');
    await expect(readWeights(files, 'unet')).rejects.toThrow(
      /^unet: no weights found; looked for unet\/diffusion_/,
    );
    files.text('unet/config.json', '{').text('vae/config.json', '[]');
    await expect(readComponentConfig(files, 'unet')).rejects.toThrow('unet/config.json is not valid JSON');
    await expect(readComponentConfig(files, 'vae')).rejects.toThrow(
      'vae/config.json must hold a JSON object',
    );
    files.files.set('unet/model.safetensors', writeSafetensors(weights).slice(0, -1));
    await expect(readWeights(files, 'unet')).rejects.toThrow(
      /^unet\/model.safetensors: safetensors: the file is truncated/,
    );
  });

  it.each([
    [{}, '_class_name must be the name of a pipeline'],
    [{ _class_name: ['a', 'b', 'c'] }, '_class_name must be the name of a pipeline'],
    [{ _class_name: ['a', 1] }, '_class_name must be the name of a pipeline'],
    [{ _class_name: 'P', unet: ['a'] }, 'unet must be a pair'],
    [{ _class_name: 'P', unet: ['a', null] }, 'unet must be a pair'],
    [{ _class_name: 'P', '../x': ['a', 'b'] }, '../x cannot be the name of a folder'],
  ])('refuses the index %o', async (index, message) => {
    await expect(readModelIndex(new MemoryFiles().text('model_index.json', index))).rejects.toThrow(message);
  });

  it("reads the class of a pipeline of somebody's own code", async () => {
    const index = { _class_name: ['my_pipeline', 'MyPipeline'] };
    const { className } = await readModelIndex(new MemoryFiles().text('model_index.json', index));
    expect(className).toBe('MyPipeline');
  });

  it('leaves out components that are null', async () => {
    const index = { _class_name: 'P', safety_checker: [null, null], requires_safety_checker: false };
    expect(await readModelIndex(new MemoryFiles().text('model_index.json', index))).toEqual({
      className: 'P',
      components: {},
      settings: { requires_safety_checker: false },
    });
  });

  it.each([
    [{ weight_map: {} }, 'weight_map is empty'],
    [{ weight_map: ['a.safetensors'] }, 'weight_map must be an object'],
    [{ weight_map: { a: 7 } }, 'weight_map.a must be the name of a file beside it'],
    [{ weight_map: { a: 'x/y.safetensors' } }, 'weight_map.a must be the name of a file beside it'],
  ])('refuses the list of shards %o', async (index, message) => {
    const files = new MemoryFiles().text('unet/model.safetensors.index.json', index);
    await expect(readWeights(files, 'unet')).rejects.toThrow(`unet/model.safetensors.index.json: ${message}`);
  });

  it('refuses shards outside the folder', async () => {
    const files = new MemoryFiles().text('unet/model.safetensors.index.json', {
      weight_map: { a: '../../secret' },
    });
    await expect(readWeights(files, 'unet')).rejects.toThrow(
      'weight_map.a must be the name of a file beside it',
    );
  });

  it('writes nothing when index and components differ', async () => {
    const files = new MemoryFiles();
    const { unet: _, ...components } = content.components;
    await expect(writeModelDirectory(files, { ...content, components })).rejects.toThrow('components.unet');
    const more = { ...content.components, vae: { config: {} } };
    await expect(writeModelDirectory(files, { ...content, components: more })).rejects.toThrow(
      'model_index.json: components.vae is missing',
    );
    expect(files.files.size).toBe(0);
  });
});
