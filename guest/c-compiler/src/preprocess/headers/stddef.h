#define offsetof __builtin_offsetof
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef int wchar_t;
#define NULL ((void*)0)
typedef struct{_Alignas(16)char __bytes[32];}max_align_t;
