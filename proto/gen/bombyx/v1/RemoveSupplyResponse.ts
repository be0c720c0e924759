// Original file: bombyx/v1/market.proto


export interface RemoveSupplyResponse {
}

export interface RemoveSupplyResponse__Output {
}
