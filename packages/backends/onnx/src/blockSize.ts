import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from './gen/onnx_pb.js';
import { BLOCKED_DOMAIN } from './lowering/blocked.js';
import { valueInfoProto } from './messages.js';
import type { OrtModule } from './tensors.js';

const CHANNELS = 64;

/**
 * How many channels make a block in the layout that this processor's convolutions prefer; undefined where the
 * runtime has no such layout. Found by reordering a map of two pixels and looking where the second one went.
 */
export async function blockSize(ort: OrtModule): Promise<number | undefined> {
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [
      { domain: '', version: 21n },
      { domain: BLOCKED_DOMAIN, version: 1n },
    ],
    graph: {
      name: 'probe',
      node: [
        { input: ['x'], output: ['y'], name: 'reorder', opType: 'ReorderInput', domain: BLOCKED_DOMAIN },
      ],
      input: [valueInfoProto('x', 'float32', [1, CHANNELS, 1, 2])],
      output: [valueInfoProto('y', 'float32', [1, CHANNELS, 1, 2])],
    },
  });
  try {
    const session = await ort.InferenceSession.create(toBinary(ModelProtoSchema, model), {
      logSeverityLevel: 4,
    });
    const x = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
    const { y } = await session.run({ x: new ort.Tensor('float32', x, [1, CHANNELS, 1, 2]) });
    await session.release();
    const block = (y!.data as Float32Array).indexOf(1);
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}
