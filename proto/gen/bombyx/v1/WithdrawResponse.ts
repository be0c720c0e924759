// Original file: bombyx/v1/registry.proto


export interface WithdrawResponse {
}

export interface WithdrawResponse__Output {
}
