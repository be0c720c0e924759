// Original file: bombyx/v1/directory.proto


export interface WatchRequest {
}

export interface WatchRequest__Output {
}
