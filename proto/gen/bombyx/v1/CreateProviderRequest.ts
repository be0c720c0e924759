// Original file: bombyx/v1/registry_admin.proto


export interface CreateProviderRequest {
  'name'?: (string);
}

export interface CreateProviderRequest__Output {
  'name': (string);
}
