// Original file: bombyx/v1/market.proto


export interface ListSuppliesRequest {
}

export interface ListSuppliesRequest__Output {
}
