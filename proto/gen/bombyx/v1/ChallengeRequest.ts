// Original file: bombyx/v1/registry.proto


export interface ChallengeRequest {
}

export interface ChallengeRequest__Output {
}
