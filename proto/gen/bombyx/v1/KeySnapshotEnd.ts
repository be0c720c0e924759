// Original file: bombyx/v1/api_keys.proto


export interface KeySnapshotEnd {
}

export interface KeySnapshotEnd__Output {
}
