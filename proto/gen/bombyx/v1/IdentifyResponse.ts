// Original file: bombyx/v1/registry.proto


export interface IdentifyResponse {
  'provider'?: (string);
}

export interface IdentifyResponse__Output {
  'provider': (string);
}
