// Functions that do not say what is wrong with arguments of a wrong kind, and why they need not.

export interface Exceptions {
  readonly entry: string;
  readonly reason: string;
  readonly names: readonly string[];
}

const ANY = 'takes any value';
const NUMBERS = 'arithmetic on numbers that its callers checked';
const NETWORK = 'builds a part of a network from values and a parsed config';
const STEP = 'a step of painting, whose arguments were checked when a picture was asked for';
const NAMES = 'maps names of the tensors of a file that openCheckpoint opened';
const FLAGS = 'for commands: takes what readFlags gave';
const BACKEND = 'a part of a backend, called with what Backend.compile was given';
const TRAINING = 'a part of a batch of training, called once the options were checked';

export const exceptions: readonly Exceptions[] = [
  {
    entry: '@spatiallock/backend-onnx',
    reason: BACKEND,
    names: ['blockSize', 'buildModel', 'compileGraph'],
  },
  {
    entry: '@spatiallock/checkpoints',
    reason: NAMES,
    names: [
      'clipTokenizerSource',
      'identify',
      'inversionNames',
      'isTiny',
      'mapShapes',
      'mapTensors',
      'numbersIn',
      'partMap',
      'partShapes',
      'partTensors',
      'textConfig',
      'textMap',
      'tinyConfig',
      'tinyMap',
      'unetConfig',
      'unetMap',
      'vaeConfig',
      'vaeMap',
    ],
  },
  { entry: '@spatiallock/cli', reason: 'takes the arguments of the process', names: ['commandArgs'] },
  { entry: '@spatiallock/cli/command', reason: ANY, names: ['InputError', 'isHelp', 'oneLine'] },
  {
    entry: '@spatiallock/cli/command',
    reason: FLAGS,
    names: [
      'choice',
      'exitCodeOf',
      'filled',
      'help',
      'note',
      'number',
      'readFlags',
      'reading',
      'say',
      'text',
      'wholeNumber',
      'wholeNumbers',
    ],
  },
  {
    entry: '@spatiallock/conformance',
    reason: 'for cases of the suite, which are type-checked',
    names: ['expectTensors', 'toleranceOf'],
  },
  { entry: '@spatiallock/core', reason: ANY, names: ['messageOf'] },
  {
    entry: '@spatiallock/core',
    reason: 'called for each value of a graph',
    names: ['broadcastShapes', 'sameShape', 'scalarOf', 'sizeOf'],
  },
  {
    entry: '@spatiallock/core',
    reason: 'takes what networkParts gave',
    names: ['hooksOf', 'inputsOf'],
  },
  { entry: '@spatiallock/core', reason: 'thrown by backends', names: ['DeviceError'] },
  {
    entry: '@spatiallock/core/adapters',
    reason: 'a part of newWords and of adaptedFiles',
    names: ['growVocabulary', 'newRows', 'withGrowth'],
  },
  {
    entry: '@spatiallock/core/backend',
    reason: BACKEND,
    names: [
      'cutUpdates',
      'denseOf',
      'deviceFault',
      'deviceLost',
      'updatesInParts',
      'outOfMemory',
      'packageMissing',
      'tensorsOf',
    ],
  },
  {
    entry: '@spatiallock/core/backend',
    reason: 'called for each value of a graph',
    names: ['attrsOf', 'describe', 'node', 'topological', 'withInputs'],
  },
  { entry: '@spatiallock/core/checks', reason: ANY, names: ['checkCallback', 'showValue'] },
  {
    entry: '@spatiallock/core/checks',
    reason: 'checks any value; what it is checked against is written in code',
    names: [
      'checkChoice',
      'checkKeys',
      'checkMethods',
      'checkNumber',
      'checkWhole',
      'didYouMean',
      'nearestName',
    ],
  },
  { entry: '@spatiallock/core/geometry', reason: NETWORK, names: ['overlapRatios'] },
  { entry: '@spatiallock/core/io', reason: ANY, names: ['isJsonObject', 'scalesOf'] },
  {
    entry: '@spatiallock/core/io',
    reason: 'a part of reading and writing weights in few bits',
    names: ['encodeNumbers', 'formatQuantization', 'numberShapes', 'quantizedAs'],
  },
  {
    entry: '@spatiallock/core/models',
    reason: NETWORK,
    names: [
      'attentionProbs',
      'combineHooks',
      'downsample',
      'feedForward',
      'guidanceEmbedding',
      'mergeHeads',
      'multiHeadAttention',
      'normActivate',
      'resnet',
      'scaledAttention',
      'sinusoids',
      'splitHeads',
      'timestepEmbedding',
      'toMap',
      'toTokens',
      'upsample',
    ],
  },
  {
    entry: '@spatiallock/core/models',
    reason: 'reads a config that a parser of the same entry point gave',
    names: [
      'checkConfigSizes',
      'checkLayerCount',
      'conditionChannels',
      'inpaintingChannels',
      'latentChannels',
      'latentSides',
      'readUNetEncoderConfig',
      'unetEncoderLayers',
      'unetEncoderSizes',
      'unetLayers',
      'withTextModel',
    ],
  },
  { entry: '@spatiallock/core/modules', reason: ANY, names: ['isModulePath'] },
  { entry: '@spatiallock/core/nn', reason: NUMBERS, names: ['sfc32'] },
  { entry: '@spatiallock/core/pipeline', reason: NUMBERS, names: ['earlyCalls', 'seededNoise'] },
  {
    entry: '@spatiallock/core/pipeline',
    reason: STEP,
    names: [
      'blended',
      'chunkRoom',
      'decodeRow',
      'decoderGraph',
      'denoise',
      'encodeImage',
      'encodeTexts',
      'encoderGraph',
      'graphCache',
      'guidanceGraph',
      'guidedPrediction',
      'inpaintingInputs',
      'latentMask',
      'maskedImage',
      'networkContext',
      'normalisedUpdate',
      'objectLists',
      'objectSlots',
      'otherFamily',
      'paramsFor',
      'squareAround',
      'unetGraph',
    ],
  },
  {
    entry: '@spatiallock/detectors',
    reason: NETWORK,
    names: [
      'centerFeatures',
      'centerGraph',
      'centerLoss',
      'centerNetwork',
      'centerTargetInputs',
      'centerTargets',
      'decodeCenters',
      'decodeQueries',
      'gridOf',
      'matchQueries',
      'nanodetLoss',
      'nanodetNetwork',
      'nanodetTargets',
      'queryCount',
      'queryGraph',
      'queryGuide',
      'queryLoss',
      'queryNetwork',
      'queryTargetInputs',
      'queryTargets',
      'wayDown',
    ],
  },
  { entry: '@spatiallock/evaluation', reason: ANY, names: ['isMigColour'] },
  { entry: '@spatiallock/evaluation', reason: NUMBERS, names: ['batchSize', 'rgbToHsv'] },
  { entry: '@spatiallock/evaluation/report', reason: NUMBERS, names: ['boxColour'] },
  {
    entry: '@spatiallock/evaluation/report',
    reason: 'made by Observable Plot, as an element of the DOM',
    names: ['SvgElement'],
  },
  { entry: '@spatiallock/node', reason: ANY, names: ['codeOf', 'fileFault', 'isHubId', 'isLock'] },
  {
    entry: '@spatiallock/pog',
    reason: NETWORK,
    names: [
      'boxTensors',
      'captureActivations',
      'coverage',
      'detectorLoss',
      'enhFusion',
      'generalisedIou',
      'perceive',
      'perception',
      'perceptionLoss',
      'resize',
    ],
  },
  {
    entry: '@spatiallock/poi',
    reason: NETWORK,
    names: [
      'cellMessages',
      'fourierBoxes',
      'groundingAttention',
      'groundingTensors',
      'groundingTokens',
      'relativeBoxes',
    ],
  },
  {
    entry: '@spatiallock/scenes',
    reason: NUMBERS,
    names: ['allowedClasses', 'isHeldOut', 'isHeldOutOverlap', 'mayOverlap'],
  },
  {
    entry: '@spatiallock/training',
    reason: TRAINING,
    names: ['middleView', 'minSnrWeight', 'randomView', 'rehearsed', 'stratified', 'withRehearsal'],
  },
];

/** Functions that the test cannot call. */
export const notCalled: readonly {
  readonly entry: string;
  readonly name: string;
  readonly reason: string;
}[] = [
  { entry: '@spatiallock/cli', name: 'run', reason: 'writes to the streams of a process' },
  { entry: '@spatiallock/cli/command', name: 'asProcess', reason: 'sets the exit code of this process' },
  { entry: '@spatiallock/scenes/judge', name: 'open', reason: 'takes no argument, and seconds each time' },
  { entry: '@spatiallock/node', name: 'interruptionSignal', reason: 'listens to signals of this process' },
];
