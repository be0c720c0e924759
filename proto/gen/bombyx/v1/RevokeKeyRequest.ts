// Original file: bombyx/v1/market.proto


export interface RevokeKeyRequest {
  'keyId'?: (Buffer | Uint8Array | string);
}

export interface RevokeKeyRequest__Output {
  'keyId': (Buffer);
}
