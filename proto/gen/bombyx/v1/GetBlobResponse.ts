// Original file: bombyx/v1/blobs.proto


export interface GetBlobResponse {
  'content'?: (Buffer | Uint8Array | string);
}

export interface GetBlobResponse__Output {
  'content': (Buffer);
}
