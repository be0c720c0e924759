// Original file: bombyx/v1/registry.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ChallengeRequest as _bombyx_v1_ChallengeRequest, ChallengeRequest__Output as _bombyx_v1_ChallengeRequest__Output } from '../../bombyx/v1/ChallengeRequest.ts';
import type { ChallengeResponse as _bombyx_v1_ChallengeResponse, ChallengeResponse__Output as _bombyx_v1_ChallengeResponse__Output } from '../../bombyx/v1/ChallengeResponse.ts';
import type { EnrolRequest as _bombyx_v1_EnrolRequest, EnrolRequest__Output as _bombyx_v1_EnrolRequest__Output } from '../../bombyx/v1/EnrolRequest.ts';
import type { EnrolResponse as _bombyx_v1_EnrolResponse, EnrolResponse__Output as _bombyx_v1_EnrolResponse__Output } from '../../bombyx/v1/EnrolResponse.ts';
import type { IdentifyRequest as _bombyx_v1_IdentifyRequest, IdentifyRequest__Output as _bombyx_v1_IdentifyRequest__Output } from '../../bombyx/v1/IdentifyRequest.ts';
import type { IdentifyResponse as _bombyx_v1_IdentifyResponse, IdentifyResponse__Output as _bombyx_v1_IdentifyResponse__Output } from '../../bombyx/v1/IdentifyResponse.ts';
import type { WithdrawRequest as _bombyx_v1_WithdrawRequest, WithdrawRequest__Output as _bombyx_v1_WithdrawRequest__Output } from '../../bombyx/v1/WithdrawRequest.ts';
import type { WithdrawResponse as _bombyx_v1_WithdrawResponse, WithdrawResponse__Output as _bombyx_v1_WithdrawResponse__Output } from '../../bombyx/v1/WithdrawResponse.ts';

/**
 * Where a host agent enrols and attests again. Authorised by the provider's enrolment token
 * (metadata `authorization: Bearer …`).
 */
export interface RegistryClient extends grpc.Client {
  /**
   * A nonce to quote. It is good once, for five minutes, for the provider that asked.
   */
  Challenge(argument: _bombyx_v1_ChallengeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  Challenge(argument: _bombyx_v1_ChallengeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  Challenge(argument: _bombyx_v1_ChallengeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  Challenge(argument: _bombyx_v1_ChallengeRequest, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  /**
   * A nonce to quote. It is good once, for five minutes, for the provider that asked.
   */
  challenge(argument: _bombyx_v1_ChallengeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  challenge(argument: _bombyx_v1_ChallengeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  challenge(argument: _bombyx_v1_ChallengeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  challenge(argument: _bombyx_v1_ChallengeRequest, callback: grpc.requestCallback<_bombyx_v1_ChallengeResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Has evidence appraised and, if the verifier's policy trusts it, lists the host. The same call attests again: the subject
   * of the keyset says which host. A refusal is an answer (its verdict says why), not an error.
   */
  Enrol(argument: _bombyx_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _bombyx_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _bombyx_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _bombyx_v1_EnrolRequest, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Has evidence appraised and, if the verifier's policy trusts it, lists the host. The same call attests again: the subject
   * of the keyset says which host. A refusal is an answer (its verdict says why), not an error.
   */
  enrol(argument: _bombyx_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _bombyx_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _bombyx_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _bombyx_v1_EnrolRequest, callback: grpc.requestCallback<_bombyx_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Whose the enrolment token is: for services that it is shown to.
   */
  Identify(argument: _bombyx_v1_IdentifyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  Identify(argument: _bombyx_v1_IdentifyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  Identify(argument: _bombyx_v1_IdentifyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  Identify(argument: _bombyx_v1_IdentifyRequest, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Whose the enrolment token is: for services that it is shown to.
   */
  identify(argument: _bombyx_v1_IdentifyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  identify(argument: _bombyx_v1_IdentifyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  identify(argument: _bombyx_v1_IdentifyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  identify(argument: _bombyx_v1_IdentifyRequest, callback: grpc.requestCallback<_bombyx_v1_IdentifyResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The agent stops: the host is delisted at once.
   */
  Withdraw(argument: _bombyx_v1_WithdrawRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  Withdraw(argument: _bombyx_v1_WithdrawRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  Withdraw(argument: _bombyx_v1_WithdrawRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  Withdraw(argument: _bombyx_v1_WithdrawRequest, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The agent stops: the host is delisted at once.
   */
  withdraw(argument: _bombyx_v1_WithdrawRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  withdraw(argument: _bombyx_v1_WithdrawRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  withdraw(argument: _bombyx_v1_WithdrawRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  withdraw(argument: _bombyx_v1_WithdrawRequest, callback: grpc.requestCallback<_bombyx_v1_WithdrawResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Where a host agent enrols and attests again. Authorised by the provider's enrolment token
 * (metadata `authorization: Bearer …`).
 */
export interface RegistryHandlers extends grpc.UntypedServiceImplementation {
  /**
   * A nonce to quote. It is good once, for five minutes, for the provider that asked.
   */
  Challenge: grpc.handleUnaryCall<_bombyx_v1_ChallengeRequest__Output, _bombyx_v1_ChallengeResponse>;
  
  /**
   * Has evidence appraised and, if the verifier's policy trusts it, lists the host. The same call attests again: the subject
   * of the keyset says which host. A refusal is an answer (its verdict says why), not an error.
   */
  Enrol: grpc.handleUnaryCall<_bombyx_v1_EnrolRequest__Output, _bombyx_v1_EnrolResponse>;
  
  /**
   * Whose the enrolment token is: for services that it is shown to.
   */
  Identify: grpc.handleUnaryCall<_bombyx_v1_IdentifyRequest__Output, _bombyx_v1_IdentifyResponse>;
  
  /**
   * The agent stops: the host is delisted at once.
   */
  Withdraw: grpc.handleUnaryCall<_bombyx_v1_WithdrawRequest__Output, _bombyx_v1_WithdrawResponse>;
  
}

export interface RegistryDefinition extends grpc.ServiceDefinition {
  Challenge: MethodDefinition<_bombyx_v1_ChallengeRequest, _bombyx_v1_ChallengeResponse, _bombyx_v1_ChallengeRequest__Output, _bombyx_v1_ChallengeResponse__Output>
  Enrol: MethodDefinition<_bombyx_v1_EnrolRequest, _bombyx_v1_EnrolResponse, _bombyx_v1_EnrolRequest__Output, _bombyx_v1_EnrolResponse__Output>
  Identify: MethodDefinition<_bombyx_v1_IdentifyRequest, _bombyx_v1_IdentifyResponse, _bombyx_v1_IdentifyRequest__Output, _bombyx_v1_IdentifyResponse__Output>
  Withdraw: MethodDefinition<_bombyx_v1_WithdrawRequest, _bombyx_v1_WithdrawResponse, _bombyx_v1_WithdrawRequest__Output, _bombyx_v1_WithdrawResponse__Output>
}
