typedef unsigned long size_t;
typedef int wchar_t;
#define NULL ((void*)0)
#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 2147483647
#define MB_CUR_MAX 1
typedef struct{int quot,rem;}div_t;
typedef struct{long quot,rem;}ldiv_t;
typedef struct{long long quot,rem;}lldiv_t;
div_t div(int n,int d){div_t r;r.quot=n/d;r.rem=n%d;return r;}
ldiv_t ldiv(long n,long d){ldiv_t r;r.quot=n/d;r.rem=n%d;return r;}
lldiv_t lldiv(long long n,long long d){lldiv_t r;r.quot=n/d;r.rem=n%d;return r;}
void _Exit(int c);
void abort(void);
void exit(int c);
char*getenv(const char*n){return(char*)0;}
void*aligned_alloc(size_t a,size_t n);
void*calloc(size_t n,size_t s);
void free(void*p);
void*malloc(size_t n);
void*realloc(void*p,size_t n);
double atof(const char*s);
int atoi(const char*s);
long atol(const char*s);
long long atoll(const char*s);
double strtod(const char*s,char**e);
float strtof(const char*s,char**e);
long strtol(const char*s,char**e,int b);
long long strtoll(const char*s,char**e,int b);
unsigned long strtoul(const char*s,char**e,int b);
unsigned long long strtoull(const char*s,char**e,int b);
int rand(void);
void srand(unsigned s);
void*bsearch(const void*k,const void*b,size_t n,size_t s,int(*c)(const void*,const void*)){size_t l=0,u=n;while(l<u){size_t i=(l+u)/2;const char*p=(const char*)b+i*s;int r=c(k,p);if(r<0)u=i;else if(r>0)l=i+1;else return(void*)p;}return(void*)0;}
void __sort(char*b,size_t n,size_t s,int(*c)(const void*,const void*),char*t){size_t m=n/2,k=n-m;char*x=b,*y=b+m*s,*o=t;if(n<2)return;__sort(x,m,s,c,t);__sort(y,k,s,c,t);while(m&&k){char*p=x;if(c(x,y)<=0){x+=s;m--;}else{p=y;y+=s;k--;}if(s==4)*(int*)o=*(int*)p;else if(s==8)*(long*)o=*(long*)p;else __builtin_memory_copy(o,p,s);o+=s;}__builtin_memory_copy(o,x,m*s);__builtin_memory_copy(b,t,(n-k)*s);}
void qsort(void*b,size_t n,size_t s,int(*c)(const void*,const void*)){if(n>1&&s){char*t=malloc(n*s);__sort(b,n,s,c,t);free(t);}}
