// Original file: bombyx/v1/types.proto


export interface ListReferenceValuesRequest {
}

export interface ListReferenceValuesRequest__Output {
}
