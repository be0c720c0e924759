// Original file: bombyx/v1/registry.proto


export interface IdentifyRequest {
}

export interface IdentifyRequest__Output {
}
