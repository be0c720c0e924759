// Original file: bombyx/v1/relay.proto


export interface ListModelsRequest {
}

export interface ListModelsRequest__Output {
}
