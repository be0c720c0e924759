// Original file: bombyx/v1/directory.proto


export interface SnapshotEnd {
}

export interface SnapshotEnd__Output {
}
