// Original file: bombyx/v1/metering.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FindStatementsRequest as _bombyx_v1_FindStatementsRequest, FindStatementsRequest__Output as _bombyx_v1_FindStatementsRequest__Output } from '../../bombyx/v1/FindStatementsRequest.ts';
import type { FindStatementsResponse as _bombyx_v1_FindStatementsResponse, FindStatementsResponse__Output as _bombyx_v1_FindStatementsResponse__Output } from '../../bombyx/v1/FindStatementsResponse.ts';
import type { StoreUsageRequest as _bombyx_v1_StoreUsageRequest, StoreUsageRequest__Output as _bombyx_v1_StoreUsageRequest__Output } from '../../bombyx/v1/StoreUsageRequest.ts';
import type { StoreUsageResponse as _bombyx_v1_StoreUsageResponse, StoreUsageResponse__Output as _bombyx_v1_StoreUsageResponse__Output } from '../../bombyx/v1/StoreUsageResponse.ts';

/**
 * Stores the usage statements that hosts sign. Relays deliver; statements prove themselves, so who delivers is no matter.
 */
export interface MeteringClient extends grpc.Client {
  /**
   * The statements of answers whose receipts somebody holds: a receipt is sealed and its hash cannot be guessed, so whoever names
   * one has the answer. What is not stored yet is left out.
   */
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  FindStatements(argument: _bombyx_v1_FindStatementsRequest, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The statements of answers whose receipts somebody holds: a receipt is sealed and its hash cannot be guessed, so whoever names
   * one has the answer. What is not stored yet is left out.
   */
  findStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  findStatements(argument: _bombyx_v1_FindStatementsRequest, callback: grpc.requestCallback<_bombyx_v1_FindStatementsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Stores each statement once, keyed by (epoch, seq), and says how far each epoch is stored without a gap.
   */
  StoreUsage(argument: _bombyx_v1_StoreUsageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  StoreUsage(argument: _bombyx_v1_StoreUsageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  StoreUsage(argument: _bombyx_v1_StoreUsageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  StoreUsage(argument: _bombyx_v1_StoreUsageRequest, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Stores each statement once, keyed by (epoch, seq), and says how far each epoch is stored without a gap.
   */
  storeUsage(argument: _bombyx_v1_StoreUsageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  storeUsage(argument: _bombyx_v1_StoreUsageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  storeUsage(argument: _bombyx_v1_StoreUsageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  storeUsage(argument: _bombyx_v1_StoreUsageRequest, callback: grpc.requestCallback<_bombyx_v1_StoreUsageResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Stores the usage statements that hosts sign. Relays deliver; statements prove themselves, so who delivers is no matter.
 */
export interface MeteringHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The statements of answers whose receipts somebody holds: a receipt is sealed and its hash cannot be guessed, so whoever names
   * one has the answer. What is not stored yet is left out.
   */
  FindStatements: grpc.handleUnaryCall<_bombyx_v1_FindStatementsRequest__Output, _bombyx_v1_FindStatementsResponse>;
  
  /**
   * Stores each statement once, keyed by (epoch, seq), and says how far each epoch is stored without a gap.
   */
  StoreUsage: grpc.handleUnaryCall<_bombyx_v1_StoreUsageRequest__Output, _bombyx_v1_StoreUsageResponse>;
  
}

export interface MeteringDefinition extends grpc.ServiceDefinition {
  FindStatements: MethodDefinition<_bombyx_v1_FindStatementsRequest, _bombyx_v1_FindStatementsResponse, _bombyx_v1_FindStatementsRequest__Output, _bombyx_v1_FindStatementsResponse__Output>
  StoreUsage: MethodDefinition<_bombyx_v1_StoreUsageRequest, _bombyx_v1_StoreUsageResponse, _bombyx_v1_StoreUsageRequest__Output, _bombyx_v1_StoreUsageResponse__Output>
}
