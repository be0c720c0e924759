// Original file: bombyx/v1/market.proto


export interface ListFeesRequest {
}

export interface ListFeesRequest__Output {
}
