// Original file: bombyx/v1/log.proto


export interface GetCheckpointRequest {
}

export interface GetCheckpointRequest__Output {
}
