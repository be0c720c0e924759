// Original file: bombyx/v1/market.proto


export interface CreateLoginRequest {
}

export interface CreateLoginRequest__Output {
}
