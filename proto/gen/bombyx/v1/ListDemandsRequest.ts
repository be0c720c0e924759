// Original file: bombyx/v1/market.proto


export interface ListDemandsRequest {
}

export interface ListDemandsRequest__Output {
}
