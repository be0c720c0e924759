// Original file: bombyx/v1/directory.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DirectoryEvent as _bombyx_v1_DirectoryEvent, DirectoryEvent__Output as _bombyx_v1_DirectoryEvent__Output } from '../../bombyx/v1/DirectoryEvent.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from '../../bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from '../../bombyx/v1/ListReferenceValuesResponse.ts';
import type { WatchRequest as _bombyx_v1_WatchRequest, WatchRequest__Output as _bombyx_v1_WatchRequest__Output } from '../../bombyx/v1/WatchRequest.ts';

/**
 * Which hosts may take traffic. Public: nothing here is secret.
 */
export interface DirectoryClient extends grpc.Client {
  /**
   * Reference values that the log was told of.
   */
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  ListReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Reference values that the log was told of.
   */
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  listReferenceValues(argument: _bombyx_v1_ListReferenceValuesRequest, callback: grpc.requestCallback<_bombyx_v1_ListReferenceValuesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  Watch(argument: _bombyx_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_DirectoryEvent__Output>;
  Watch(argument: _bombyx_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_DirectoryEvent__Output>;
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  watch(argument: _bombyx_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_DirectoryEvent__Output>;
  watch(argument: _bombyx_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_DirectoryEvent__Output>;
  
}

/**
 * Which hosts may take traffic. Public: nothing here is secret.
 */
export interface DirectoryHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Reference values that the log was told of.
   */
  ListReferenceValues: grpc.handleUnaryCall<_bombyx_v1_ListReferenceValuesRequest__Output, _bombyx_v1_ListReferenceValuesResponse>;
  
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  Watch: grpc.handleServerStreamingCall<_bombyx_v1_WatchRequest__Output, _bombyx_v1_DirectoryEvent>;
  
}

export interface DirectoryDefinition extends grpc.ServiceDefinition {
  ListReferenceValues: MethodDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesRequest__Output, _bombyx_v1_ListReferenceValuesResponse__Output>
  Watch: MethodDefinition<_bombyx_v1_WatchRequest, _bombyx_v1_DirectoryEvent, _bombyx_v1_WatchRequest__Output, _bombyx_v1_DirectoryEvent__Output>
}
