// Original file: bombyx/v1/api_keys.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { KeyEvent as _bombyx_v1_KeyEvent, KeyEvent__Output as _bombyx_v1_KeyEvent__Output } from '../../bombyx/v1/KeyEvent.ts';
import type { WatchKeysRequest as _bombyx_v1_WatchKeysRequest, WatchKeysRequest__Output as _bombyx_v1_WatchKeysRequest__Output } from '../../bombyx/v1/WatchKeysRequest.ts';

/**
 * Which API keys are good. For relays, authorised as those that deliver usage.
 */
export interface ApiKeysClient extends grpc.Client {
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  Watch(argument: _bombyx_v1_WatchKeysRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_KeyEvent__Output>;
  Watch(argument: _bombyx_v1_WatchKeysRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_KeyEvent__Output>;
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  watch(argument: _bombyx_v1_WatchKeysRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_KeyEvent__Output>;
  watch(argument: _bombyx_v1_WatchKeysRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bombyx_v1_KeyEvent__Output>;
  
}

/**
 * Which API keys are good. For relays, authorised as those that deliver usage.
 */
export interface ApiKeysHandlers extends grpc.UntypedServiceImplementation {
  /**
   * A snapshot, then every change as it happens. A relay that loses the stream opens it again and starts over.
   */
  Watch: grpc.handleServerStreamingCall<_bombyx_v1_WatchKeysRequest__Output, _bombyx_v1_KeyEvent>;
  
}

export interface ApiKeysDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_bombyx_v1_WatchKeysRequest, _bombyx_v1_KeyEvent, _bombyx_v1_WatchKeysRequest__Output, _bombyx_v1_KeyEvent__Output>
}
