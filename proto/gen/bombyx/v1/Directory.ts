// Original file: bombyx/v1/directory.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DirectoryEvent as _bombyx_v1_DirectoryEvent, DirectoryEvent__Output as _bombyx_v1_DirectoryEvent__Output } from '../../bombyx/v1/DirectoryEvent.ts';
import type { WatchRequest as _bombyx_v1_WatchRequest, WatchRequest__Output as _bombyx_v1_WatchRequest__Output } from '../../bombyx/v1/WatchRequest.ts';

/**
 * Which hosts may take traffic. Public: nothing here is secret.
 */
export interface DirectoryClient extends grpc.Client {
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
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  Watch: grpc.handleServerStreamingCall<_bombyx_v1_WatchRequest__Output, _bombyx_v1_DirectoryEvent>;
  
}

export interface DirectoryDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_bombyx_v1_WatchRequest, _bombyx_v1_DirectoryEvent, _bombyx_v1_WatchRequest__Output, _bombyx_v1_DirectoryEvent__Output>
}
