/// <reference types="vite/client" />

/** Made by build/sandbox.ts. */
declare module 'virtual:sandbox' {
  export const frameDocument: string;
}
