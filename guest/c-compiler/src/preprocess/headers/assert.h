#undef assert
#ifdef NDEBUG
#define assert(e) ((void)0)
#else
#define assert(e) ((e)?(void)0:__assert_fail(#e,__FILE__,__LINE__,__func__))
#endif
#undef static_assert
#define static_assert _Static_assert
void __assert_fail(const char*e,const char*f,unsigned l,const char*n);
