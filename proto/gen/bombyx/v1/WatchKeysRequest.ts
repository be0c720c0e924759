// Original file: bombyx/v1/api_keys.proto


export interface WatchKeysRequest {
}

export interface WatchKeysRequest__Output {
}
