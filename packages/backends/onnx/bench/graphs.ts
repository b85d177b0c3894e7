// The training steps that the embedded model's recipe runs, at its sizes.

import {
  abs, add, adamw, type AutoencoderDcConfig, cosineRate, decodeDc, encodeDc, type Graph, initialise, input, mean, multiply, normals,
  parameterStore, parseUNet2dConditionConfig, sizeOf, subtract, tensor, type Tensors, trainingGraph, unet2dCondition, type Value, type Values,
} from '@spatiallock/core';

export interface BenchGraph { readonly graph: Graph; readonly params: Tensors; readonly feeds: Tensors }

const config: AutoencoderDcConfig = {
  _class_name: 'AutoencoderDC', in_channels: 3, latent_channels: 16, encoder_block_types: 'ResBlock', decoder_block_types: 'ResBlock',
  encoder_block_out_channels: [32, 32, 64, 128], decoder_block_out_channels: [32, 32, 64, 128],
  encoder_layers_per_block: [0, 1, 1, 1], decoder_layers_per_block: [0, 1, 2, 2],
  downsample_block_type: 'pixel_unshuffle', upsample_block_type: 'pixel_shuffle', scaling_factor: 1,
};

function step(inputs: Values, params: Values, loss: Value): BenchGraph {
  const graph = trainingGraph({ inputs, params, loss, optimiser: adamw(), learningRate: cosineRate({ peak: 1e-3, warmup: 100, steps: 1000 }), ema: 0.998 });
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, v], i) => [name, tensor(normals(i + 1, sizeOf(v.shape)), v.shape)]));
  return { graph, params: initialise(graph.params, 1), feeds };
}

export function autoencoderStep(batch = 32, crop = 64): BenchGraph {
  const { scope, params } = parameterStore();
  const image = input('image', [batch, 3, crop, crop]);
  const copy = decodeDc(scope, config, encodeDc(scope, config, image));
  return step({ image }, params, mean(abs(subtract(copy, image))));
}

const unetConfig = parseUNet2dConditionConfig({
  in_channels: 16, out_channels: 16, block_out_channels: [64, 128], down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'], layers_per_block: 1, cross_attention_dim: 128, attention_head_dim: 4, norm_num_groups: 16,
});

export function unetStep(batch = 64): BenchGraph {
  const { scope, params } = parameterStore();
  const inputs = { sample: input('sample', [batch, 16, 16, 16]), timestep: input('timestep', [batch]), encoderHiddenStates: input('encoderHiddenStates', [batch, 24, 128]) };
  const d = subtract(unet2dCondition(scope, unetConfig, inputs), inputs.sample);
  return step(inputs, params, mean(multiply(d, d)));
}
void add;
