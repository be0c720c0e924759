// Original file: bombyx/v1/registry_admin.proto


export interface CreateProviderResponse {
  'enrolmentToken'?: (string);
}

export interface CreateProviderResponse__Output {
  'enrolmentToken': (string);
}
