// Original file: bombyx/v1/verifier.proto


export interface GetKeysRequest {
}

export interface GetKeysRequest__Output {
}
