// Original file: bombyx/v1/types.proto


/**
 * Frames of `bombyx-link/1` back to back, at most 64 KiB.
 */
export interface Batch {
  'frames'?: (Buffer | Uint8Array | string);
}

/**
 * Frames of `bombyx-link/1` back to back, at most 64 KiB.
 */
export interface Batch__Output {
  'frames': (Buffer);
}
