// Original file: bombyx/v1/blobs.proto


export interface GetBlobRequest {
  /**
   * SHA-256 of the bytes.
   */
  'digest'?: (Buffer | Uint8Array | string);
}

export interface GetBlobRequest__Output {
  /**
   * SHA-256 of the bytes.
   */
  'digest': (Buffer);
}
