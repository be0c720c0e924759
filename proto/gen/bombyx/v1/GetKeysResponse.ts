// Original file: bombyx/v1/verifier.proto


export interface GetKeysResponse {
  'jwks'?: (string);
}

export interface GetKeysResponse__Output {
  'jwks': (string);
}
