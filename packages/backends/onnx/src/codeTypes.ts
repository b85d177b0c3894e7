/** ONNX's numbers of types that hold codes. */
export const codeTypes = { int8: 3, uint8: 2, uint4: 21 } as const;
