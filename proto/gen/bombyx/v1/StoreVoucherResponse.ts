// Original file: bombyx/v1/payment.proto


export interface StoreVoucherResponse {
}

export interface StoreVoucherResponse__Output {
}
