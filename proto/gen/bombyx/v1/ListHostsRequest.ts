// Original file: bombyx/v1/registry_admin.proto


export interface ListHostsRequest {
}

export interface ListHostsRequest__Output {
}
