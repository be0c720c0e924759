// Original file: bombyx/v1/log.proto


export interface GetAnchorRequest {
}

export interface GetAnchorRequest__Output {
}
