// Original file: bombyx/v1/market.proto


export interface RemoveDemandResponse {
}

export interface RemoveDemandResponse__Output {
}
