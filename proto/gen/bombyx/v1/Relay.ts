// Original file: bombyx/v1/relay.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FindHostsRequest as _bombyx_v1_FindHostsRequest, FindHostsRequest__Output as _bombyx_v1_FindHostsRequest__Output } from '../../bombyx/v1/FindHostsRequest.ts';
import type { FindHostsResponse as _bombyx_v1_FindHostsResponse, FindHostsResponse__Output as _bombyx_v1_FindHostsResponse__Output } from '../../bombyx/v1/FindHostsResponse.ts';
import type { GetLogConsistencyRequest as _bombyx_v1_GetLogConsistencyRequest, GetLogConsistencyRequest__Output as _bombyx_v1_GetLogConsistencyRequest__Output } from '../../bombyx/v1/GetLogConsistencyRequest.ts';
import type { GetLogConsistencyResponse as _bombyx_v1_GetLogConsistencyResponse, GetLogConsistencyResponse__Output as _bombyx_v1_GetLogConsistencyResponse__Output } from '../../bombyx/v1/GetLogConsistencyResponse.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from '../../bombyx/v1/Hello.ts';
import type { ListModelsRequest as _bombyx_v1_ListModelsRequest, ListModelsRequest__Output as _bombyx_v1_ListModelsRequest__Output } from '../../bombyx/v1/ListModelsRequest.ts';
import type { ListModelsResponse as _bombyx_v1_ListModelsResponse, ListModelsResponse__Output as _bombyx_v1_ListModelsResponse__Output } from '../../bombyx/v1/ListModelsResponse.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from '../../bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from '../../bombyx/v1/ListReferenceValuesResponse.ts';
import type { OpenSessionEvent as _bombyx_v1_OpenSessionEvent, OpenSessionEvent__Output as _bombyx_v1_OpenSessionEvent__Output } from '../../bombyx/v1/OpenSessionEvent.ts';

/**
 * For clients: find hosts and agree keys with them. Requests then travel on ClientLink. Authorised by an API key
 * (metadata `authorization: Bearer …`).
 */
export interface RelayClient extends grpc.Client {
  /**
   * Up to eight hosts that the relay would choose for these wishes. RESOURCE_EXHAUSTED when all are full.
   */
  FindHosts(argument: _bombyx_v1_FindHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  FindHosts(argument: _bombyx_v1_FindHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  FindHosts(argument: _bombyx_v1_FindHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  FindHosts(argument: _bombyx_v1_FindHostsRequest, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Up to eight hosts that the relay would choose for these wishes. RESOURCE_EXHAUSTED when all are full.
   */
  findHosts(argument: _bombyx_v1_FindHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  findHosts(argument: _bombyx_v1_FindHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  findHosts(argument: _bombyx_v1_FindHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  findHosts(argument: _bombyx_v1_FindHostsRequest, callback: grpc.requestCallback<_bombyx_v1_FindHostsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * That the log's tree of one size extends that of another; for clients that remember a head. The log's answer, passed on.
   */
  GetLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  /**
   * That the log's tree of one size extends that of another; for clients that remember a head. The log's answer, passed on.
   */
  getLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getLogConsistency(argument: _bombyx_v1_GetLogConsistencyRequest, callback: grpc.requestCallback<_bombyx_v1_GetLogConsistencyResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Every model that some host serves now.
   */
  ListModels(argument: _bombyx_v1_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _bombyx_v1_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _bombyx_v1_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _bombyx_v1_ListModelsRequest, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Every model that some host serves now.
   */
  listModels(argument: _bombyx_v1_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _bombyx_v1_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _bombyx_v1_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _bombyx_v1_ListModelsRequest, callback: grpc.requestCallback<_bombyx_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The registry's answer, passed on: for clients whose policy counts signed releases.
   */
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The registry's answer, passed on: for clients whose policy counts signed releases.
   */
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Carries one hello to every host it names and their answers back as they come, for at most 10 s. The relay can read
   * neither; a host that refuses or does not answer is a HostRefusal.
   */
  OpenSession(argument: _bombyx_v1_Hello, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_OpenSessionEvent__Output>;
  OpenSession(argument: _bombyx_v1_Hello, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_OpenSessionEvent__Output>;
  /**
   * Carries one hello to every host it names and their answers back as they come, for at most 10 s. The relay can read
   * neither; a host that refuses or does not answer is a HostRefusal.
   */
  openSession(argument: _bombyx_v1_Hello, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_OpenSessionEvent__Output>;
  openSession(argument: _bombyx_v1_Hello, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_OpenSessionEvent__Output>;
  
}

/**
 * For clients: find hosts and agree keys with them. Requests then travel on ClientLink. Authorised by an API key
 * (metadata `authorization: Bearer …`).
 */
export interface RelayHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Up to eight hosts that the relay would choose for these wishes. RESOURCE_EXHAUSTED when all are full.
   */
  FindHosts: grpc.handleUnaryCall<_bombyx_v1_FindHostsRequest__Output, _bombyx_v1_FindHostsResponse>;
  
  /**
   * That the log's tree of one size extends that of another; for clients that remember a head. The log's answer, passed on.
   */
  GetLogConsistency: grpc.handleUnaryCall<_bombyx_v1_GetLogConsistencyRequest__Output, _bombyx_v1_GetLogConsistencyResponse>;
  
  /**
   * Every model that some host serves now.
   */
  ListModels: grpc.handleUnaryCall<_bombyx_v1_ListModelsRequest__Output, _bombyx_v1_ListModelsResponse>;
  
  /**
   * The registry's answer, passed on: for clients whose policy counts signed releases.
   */
  ListReferenceValues: grpc.handleUnaryCall<_bombyx_v1_ListReferenceValuesRequest__Output, _bombyx_v1_ListReferenceValuesResponse>;
  
  /**
   * Carries one hello to every host it names and their answers back as they come, for at most 10 s. The relay can read
   * neither; a host that refuses or does not answer is a HostRefusal.
   */
  OpenSession: grpc.handleServerStreamingCall<_bombyx_v1_Hello__Output, _bombyx_v1_OpenSessionEvent>;
  
}

export interface RelayDefinition extends grpc.ServiceDefinition {
  FindHosts: MethodDefinition<_bombyx_v1_FindHostsRequest, _bombyx_v1_FindHostsResponse, _bombyx_v1_FindHostsRequest__Output, _bombyx_v1_FindHostsResponse__Output>
  GetLogConsistency: MethodDefinition<_bombyx_v1_GetLogConsistencyRequest, _bombyx_v1_GetLogConsistencyResponse, _bombyx_v1_GetLogConsistencyRequest__Output, _bombyx_v1_GetLogConsistencyResponse__Output>
  ListModels: MethodDefinition<_bombyx_v1_ListModelsRequest, _bombyx_v1_ListModelsResponse, _bombyx_v1_ListModelsRequest__Output, _bombyx_v1_ListModelsResponse__Output>
  ListReferenceValues: MethodDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesRequest__Output, _bombyx_v1_ListReferenceValuesResponse__Output>
  OpenSession: MethodDefinition<_bombyx_v1_Hello, _bombyx_v1_OpenSessionEvent, _bombyx_v1_Hello__Output, _bombyx_v1_OpenSessionEvent__Output>
}
