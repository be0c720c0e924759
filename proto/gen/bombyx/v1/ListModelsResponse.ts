// Original file: bombyx/v1/relay.proto


export interface ListModelsResponse {
  'models'?: (string)[];
}

export interface ListModelsResponse__Output {
  'models': (string)[];
}
