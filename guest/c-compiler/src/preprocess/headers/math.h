typedef float float_t;
typedef double double_t;
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440
#define INFINITY (1.0f/0.0f)
#define HUGE_VAL (1.0/0.0)
#define HUGE_VALF (1.0f/0.0f)
#define NAN (0.0f/0.0f)
#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
#define FP_ILOGB0 (-2147483647-1)
#define FP_ILOGBNAN (-2147483647-1)
#define MATH_ERRNO 1
#define MATH_ERREXCEPT 2
#define math_errhandling 1
#define fpclassify(x) __fpclassify(x,sizeof(x)==4)
#define isnormal(x) (__fpclassify(x,sizeof(x)==4)==4)
#define isgreater(x,y) ((x)>(y))
#define isgreaterequal(x,y) ((x)>=(y))
#define isless(x,y) ((x)<(y))
#define islessequal(x,y) ((x)<=(y))
#define islessgreater(x,y) __islessgreater(x,y)
#define isunordered(x,y) __isunordered(x,y)
double acos(double x);
float acosf(float x);
double acosh(double x);
float acoshf(float x);
double asin(double x);
float asinf(float x);
double asinh(double x);
float asinhf(float x);
double atan(double x);
float atanf(float x);
double atanh(double x);
float atanhf(float x);
double cbrt(double x);
float cbrtf(float x);
double ceil(double x);
float ceilf(float x);
double cos(double x);
float cosf(float x);
double cosh(double x);
float coshf(float x);
double erf(double x);
float erff(float x);
double erfc(double x);
float erfcf(float x);
double exp(double x);
float expf(float x);
double exp2(double x);
float exp2f(float x);
double expm1(double x);
float expm1f(float x);
double fabs(double x);
float fabsf(float x);
double floor(double x);
float floorf(float x);
double lgamma(double x);
float lgammaf(float x);
double log(double x);
float logf(float x);
double log10(double x);
float log10f(float x);
double log1p(double x);
float log1pf(float x);
double log2(double x);
float log2f(float x);
double logb(double x);
float logbf(float x);
double nearbyint(double x);
float nearbyintf(float x);
double rint(double x);
float rintf(float x);
double round(double x);
float roundf(float x);
double sin(double x);
float sinf(float x);
double sinh(double x);
float sinhf(float x);
double sqrt(double x);
float sqrtf(float x);
double tan(double x);
float tanf(float x);
double tanh(double x);
float tanhf(float x);
double tgamma(double x);
float tgammaf(float x);
double trunc(double x);
float truncf(float x);
double atan2(double x,double y);
float atan2f(float x,float y);
double copysign(double x,double y);
float copysignf(float x,float y);
double fdim(double x,double y);
float fdimf(float x,float y);
double fmax(double x,double y);
float fmaxf(float x,float y);
double fmin(double x,double y);
float fminf(float x,float y);
double fmod(double x,double y);
float fmodf(float x,float y);
double hypot(double x,double y);
float hypotf(float x,float y);
double nextafter(double x,double y);
float nextafterf(float x,float y);
double pow(double x,double y);
float powf(float x,float y);
double remainder(double x,double y);
float remainderf(float x,float y);
double fma(double x,double y,double z);
float fmaf(float x,float y,float z);
double frexp(double x,int*e);
float frexpf(float x,int*e);
double ldexp(double x,int e);
float ldexpf(float x,int e);
double scalbn(double x,int e);
float scalbnf(float x,int e);
double scalbln(double x,long e);
float scalblnf(float x,long e);
double modf(double x,double*w);
float modff(float x,float*w);
double remquo(double x,double y,int*q);
float remquof(float x,float y,int*q);
double nan(const char*t);
float nanf(const char*t);
int ilogb(double x);
int ilogbf(float x);
long lrint(double x);
long lrintf(float x);
long lround(double x);
long lroundf(float x);
long long llrint(double x);
long long llrintf(float x);
long long llround(double x);
long long llroundf(float x);
int __fpclassify(double x,int f){double a=x<0?-x:x;return x!=x?0:a==1.0/0.0?1:a==0?2:a<(f?0x1p-126:0x1p-1022)?3:4;}
int __islessgreater(double x,double y){return x<y||x>y;}
int __isunordered(double x,double y){return x!=x||y!=y;}
