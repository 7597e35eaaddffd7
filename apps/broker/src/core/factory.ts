import type { FactoryProvider } from '@nestjs/common';

/** An injection token of what is no class, with the type of what it stands for. */
export type InjectionKey<T> = symbol & { readonly of?: T };

type Key<T> = InjectionKey<T> | { readonly prototype: T };
type Injected<K> = K extends { readonly prototype: infer T }
  ? T
  : K extends InjectionKey<infer T>
    ? T
    : never;

/** A provider by a factory that the compiler checks: its parameters are what is injected, in that order. */
export function factory<T, const K extends readonly Key<unknown>[]>(
  provide: Key<T>,
  inject: K,
  useFactory: (...parts: { -readonly [I in keyof K]: Injected<K[I]> }) => NoInfer<T> | Promise<NoInfer<T>>,
): FactoryProvider<T> {
  return { provide, inject: [...inject], useFactory } as FactoryProvider<T>;
}
