// Original file: bombyx/v1/verifier.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AppraiseRequest as _bombyx_v1_AppraiseRequest, AppraiseRequest__Output as _bombyx_v1_AppraiseRequest__Output } from '../../bombyx/v1/AppraiseRequest.ts';
import type { AppraiseResponse as _bombyx_v1_AppraiseResponse, AppraiseResponse__Output as _bombyx_v1_AppraiseResponse__Output } from '../../bombyx/v1/AppraiseResponse.ts';
import type { GetCollateralRequest as _bombyx_v1_GetCollateralRequest, GetCollateralRequest__Output as _bombyx_v1_GetCollateralRequest__Output } from '../../bombyx/v1/GetCollateralRequest.ts';
import type { GetCollateralResponse as _bombyx_v1_GetCollateralResponse, GetCollateralResponse__Output as _bombyx_v1_GetCollateralResponse__Output } from '../../bombyx/v1/GetCollateralResponse.ts';
import type { GetKeysRequest as _bombyx_v1_GetKeysRequest, GetKeysRequest__Output as _bombyx_v1_GetKeysRequest__Output } from '../../bombyx/v1/GetKeysRequest.ts';
import type { GetKeysResponse as _bombyx_v1_GetKeysResponse, GetKeysResponse__Output as _bombyx_v1_GetKeysResponse__Output } from '../../bombyx/v1/GetKeysResponse.ts';

/**
 * Appraises evidence for others and fetches what that takes from Intel and NVIDIA.
 */
export interface VerifierClient extends grpc.Client {
  /**
   * Malformed evidence is an error; evidence that the policy refuses is a verdict.
   */
  Appraise(argument: _bombyx_v1_AppraiseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  Appraise(argument: _bombyx_v1_AppraiseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  Appraise(argument: _bombyx_v1_AppraiseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  Appraise(argument: _bombyx_v1_AppraiseRequest, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Malformed evidence is an error; evidence that the policy refuses is a verdict.
   */
  appraise(argument: _bombyx_v1_AppraiseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  appraise(argument: _bombyx_v1_AppraiseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  appraise(argument: _bombyx_v1_AppraiseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  appraise(argument: _bombyx_v1_AppraiseRequest, callback: grpc.requestCallback<_bombyx_v1_AppraiseResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The collateral for a platform, from cache, folder or Intel's service.
   */
  GetCollateral(argument: _bombyx_v1_GetCollateralRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  GetCollateral(argument: _bombyx_v1_GetCollateralRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  GetCollateral(argument: _bombyx_v1_GetCollateralRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  GetCollateral(argument: _bombyx_v1_GetCollateralRequest, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The collateral for a platform, from cache, folder or Intel's service.
   */
  getCollateral(argument: _bombyx_v1_GetCollateralRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  getCollateral(argument: _bombyx_v1_GetCollateralRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  getCollateral(argument: _bombyx_v1_GetCollateralRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  getCollateral(argument: _bombyx_v1_GetCollateralRequest, callback: grpc.requestCallback<_bombyx_v1_GetCollateralResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The keys that verdict tokens are signed with, as a JWK set.
   */
  GetKeys(argument: _bombyx_v1_GetKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  GetKeys(argument: _bombyx_v1_GetKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  GetKeys(argument: _bombyx_v1_GetKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  GetKeys(argument: _bombyx_v1_GetKeysRequest, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The keys that verdict tokens are signed with, as a JWK set.
   */
  getKeys(argument: _bombyx_v1_GetKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  getKeys(argument: _bombyx_v1_GetKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  getKeys(argument: _bombyx_v1_GetKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  getKeys(argument: _bombyx_v1_GetKeysRequest, callback: grpc.requestCallback<_bombyx_v1_GetKeysResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Appraises evidence for others and fetches what that takes from Intel and NVIDIA.
 */
export interface VerifierHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Malformed evidence is an error; evidence that the policy refuses is a verdict.
   */
  Appraise: grpc.handleUnaryCall<_bombyx_v1_AppraiseRequest__Output, _bombyx_v1_AppraiseResponse>;
  
  /**
   * The collateral for a platform, from cache, folder or Intel's service.
   */
  GetCollateral: grpc.handleUnaryCall<_bombyx_v1_GetCollateralRequest__Output, _bombyx_v1_GetCollateralResponse>;
  
  /**
   * The keys that verdict tokens are signed with, as a JWK set.
   */
  GetKeys: grpc.handleUnaryCall<_bombyx_v1_GetKeysRequest__Output, _bombyx_v1_GetKeysResponse>;
  
}

export interface VerifierDefinition extends grpc.ServiceDefinition {
  Appraise: MethodDefinition<_bombyx_v1_AppraiseRequest, _bombyx_v1_AppraiseResponse, _bombyx_v1_AppraiseRequest__Output, _bombyx_v1_AppraiseResponse__Output>
  GetCollateral: MethodDefinition<_bombyx_v1_GetCollateralRequest, _bombyx_v1_GetCollateralResponse, _bombyx_v1_GetCollateralRequest__Output, _bombyx_v1_GetCollateralResponse__Output>
  GetKeys: MethodDefinition<_bombyx_v1_GetKeysRequest, _bombyx_v1_GetKeysResponse, _bombyx_v1_GetKeysRequest__Output, _bombyx_v1_GetKeysResponse__Output>
}
