// Original file: bombyx/v1/market.proto


export interface ListOrganisationsRequest {
}

export interface ListOrganisationsRequest__Output {
}
