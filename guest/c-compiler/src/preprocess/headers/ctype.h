int isalnum(int c){return(unsigned)c-48<10||((unsigned)c|32)-97<26;}
int isalpha(int c){return((unsigned)c|32)-97<26;}
int isblank(int c){return c==32||c==9;}
int iscntrl(int c){return(unsigned)c<32||c==127;}
int isdigit(int c){return(unsigned)c-48<10;}
int isgraph(int c){return(unsigned)c-33<94;}
int islower(int c){return(unsigned)c-97<26;}
int isprint(int c){return(unsigned)c-32<95;}
int ispunct(int c){return(unsigned)c-33<94&&!((unsigned)c-48<10||((unsigned)c|32)-97<26);}
int isspace(int c){return c==32||(unsigned)c-9<5;}
int isupper(int c){return(unsigned)c-65<26;}
int isxdigit(int c){return(unsigned)c-48<10||((unsigned)c|32)-97<6;}
int tolower(int c){return(unsigned)c-65<26?c|32:c;}
int toupper(int c){return(unsigned)c-97<26?c&95:c;}
