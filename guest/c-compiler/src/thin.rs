//! The first path through: scalar and pointer parameters, `return a + b` and `*c = a + b`.

use crate::diagnostics::{Reported, Reports, SourceOffset};
use crate::signature::SpecifierCount;
use crate::{CompileErrors, CompiledFunction, FunctionParameter, ParameterType, ScalarType, Signature};
use lang_c::ast::{
    BinaryOperator, BlockItem, DeclarationSpecifier, Declarator, DeclaratorKind, DerivedDeclarator, Expression,
    ExternalDeclaration, FunctionDefinition, Statement, TypeSpecifier, UnaryOperator,
};
use lang_c::driver::{Config, Flavor, parse_preprocessed};
use lang_c::span::{Node, Span};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, MemArg, MemArgTarget,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

const HEAP_BASE: u32 = 1024;

struct Thin {
    reports: Reports,
    parameters: Vec<FunctionParameter>,
}

pub(crate) fn compile(source: &str) -> Result<CompiledFunction, CompileErrors> {
    let mut thin = Thin { reports: Reports::new(), parameters: Vec::new() };
    let compiled = thin.unit(source);
    match (compiled, thin.reports.into_errors(source)) {
        (_, Some(errors)) => Err(errors),
        (Ok(compiled), None) => Ok(compiled),
        (Err(Reported), None) => {
            let mut reports = Reports::new();
            reports.report(SourceOffset(0), "the source does not compile");
            reports.into_errors(source).map_or_else(|| unreachable!(), Err)
        }
    }
}

impl Thin {
    fn refuse<T>(&mut self, span: Span, message: &str) -> Result<T, Reported> {
        Err(self.reports.report(SourceOffset(span.start as u32), message))
    }

    fn unit(&mut self, source: &str) -> Result<CompiledFunction, Reported> {
        let config = Config { cpp_command: String::new(), cpp_options: Vec::new(), flavor: Flavor::StdC11 };
        let parsed = match parse_preprocessed(&config, source.to_owned()) {
            Ok(parsed) => parsed,
            Err(error) => {
                return self.refuse(Span::span(error.offset, error.offset), "syntax error");
            }
        };
        let Some(Node { node: ExternalDeclaration::FunctionDefinition(function), .. }) = parsed.unit.0.last() else {
            return self.refuse(Span::span(0, 0), "no function is defined");
        };
        self.function(function)
    }

    fn function(&mut self, function: &Node<FunctionDefinition>) -> Result<CompiledFunction, Reported> {
        let definition = &function.node;
        let result = self.specifiers(&definition.specifiers, function.span)?;
        let declarator = &definition.declarator.node;
        let [Node { node: DerivedDeclarator::Function(face), .. }] = declarator.derived.as_slice() else {
            return self.refuse(function.span, "this declarator is not supported");
        };
        for parameter in &face.node.parameters {
            let Some(element) = self.specifiers(&parameter.node.specifiers, parameter.span)? else { continue };
            let Some(declarator) = &parameter.node.declarator else { continue };
            let ty = match declarator.node.derived.as_slice() {
                [] => ParameterType::Scalar(element),
                [Node { node: DerivedDeclarator::Pointer(_), .. }] => ParameterType::Pointer { element },
                _ => return self.refuse(parameter.span, "this parameter type is not supported"),
            };
            self.parameters.push(FunctionParameter { name: name(&declarator.node), ty });
        }
        let Statement::Compound(items) = &definition.statement.node else {
            return self.refuse(function.span, "this function body is not supported");
        };
        let mut body = Function::new([]);
        for item in items {
            let BlockItem::Statement(statement) = &item.node else {
                return self.refuse(item.span, "this declaration is not supported");
            };
            self.statement(statement, &mut body.instructions())?;
        }
        body.instructions().end();
        let signature = Signature { name: name(declarator), parameters: self.parameters.clone(), result };
        Ok(CompiledFunction { wasm: module(&signature, &body), signature, heap_base: HEAP_BASE })
    }

    fn specifiers(&mut self, nodes: &[Node<DeclarationSpecifier>], span: Span) -> Result<Option<ScalarType>, Reported> {
        let mut count = SpecifierCount::default();
        for node in nodes {
            let DeclarationSpecifier::TypeSpecifier(specifier) = &node.node else { continue };
            match specifier.node {
                TypeSpecifier::Void => return Ok(None),
                TypeSpecifier::Char => count.char_ += 1,
                TypeSpecifier::Short => count.short += 1,
                TypeSpecifier::Int => count.int += 1,
                TypeSpecifier::Long => count.long += 1,
                TypeSpecifier::Float => count.float += 1,
                TypeSpecifier::Double => count.double += 1,
                TypeSpecifier::Signed => count.signed += 1,
                TypeSpecifier::Unsigned => count.unsigned += 1,
                TypeSpecifier::Bool => count.bool_ += 1,
                _ => return self.refuse(span, "this type is not supported"),
            }
        }
        match count.scalar() {
            Some(scalar) => Ok(Some(scalar)),
            None => self.refuse(span, "this type is not supported"),
        }
    }

    fn statement(&mut self, statement: &Node<Statement>, code: &mut InstructionSink<'_>) -> Result<(), Reported> {
        match &statement.node {
            Statement::Return(Some(value)) => {
                self.expression(value, code)?;
                code.return_();
                Ok(())
            }
            Statement::Expression(Some(expression)) => self.assignment(expression, code),
            _ => self.refuse(statement.span, "this statement is not supported"),
        }
    }

    fn assignment(&mut self, node: &Node<Expression>, code: &mut InstructionSink<'_>) -> Result<(), Reported> {
        let Expression::BinaryOperator(assign) = &node.node else {
            return self.refuse(node.span, "this expression is not supported");
        };
        let (BinaryOperator::Assign, Expression::UnaryOperator(target)) =
            (&assign.node.operator.node, &assign.node.lhs.node)
        else {
            return self.refuse(node.span, "this expression is not supported");
        };
        let (UnaryOperator::Indirection, Expression::Identifier(pointer)) =
            (&target.node.operator.node, &target.node.operand.node)
        else {
            return self.refuse(node.span, "this expression is not supported");
        };
        let Some((index, ParameterType::Pointer { element })) = self.parameter(&pointer.node.name) else {
            return self.refuse(node.span, "this is not a pointer");
        };
        code.local_get(index);
        if self.expression(&assign.node.rhs, code)? != element {
            return self.refuse(node.span, "mixed types are not supported");
        }
        let place = |align| MemArg { offset: 0, align, target: MemArgTarget::default(), ordering: None };
        match element {
            ScalarType::Int | ScalarType::UnsignedInt => code.i32_store(place(2)),
            ScalarType::Long | ScalarType::UnsignedLong => code.i64_store(place(3)),
            ScalarType::Float => code.f32_store(place(2)),
            ScalarType::Double => code.f64_store(place(3)),
            _ => return self.refuse(node.span, "this type is not supported"),
        };
        Ok(())
    }

    fn parameter(&self, wanted: &str) -> Option<(u32, ParameterType)> {
        let index = self.parameters.iter().position(|parameter| parameter.name == wanted)?;
        Some((index as u32, self.parameters[index].ty))
    }

    fn expression(&mut self, node: &Node<Expression>, code: &mut InstructionSink<'_>) -> Result<ScalarType, Reported> {
        match &node.node {
            Expression::Identifier(identifier) => match self.parameter(&identifier.node.name) {
                Some((index, ParameterType::Scalar(scalar))) => {
                    code.local_get(index);
                    Ok(scalar)
                }
                _ => self.refuse(node.span, "undeclared, or not a number"),
            },
            Expression::BinaryOperator(operation) if operation.node.operator.node == BinaryOperator::Plus => {
                let left = self.expression(&operation.node.lhs, code)?;
                if self.expression(&operation.node.rhs, code)? != left {
                    return self.refuse(node.span, "mixed types are not supported");
                }
                match left {
                    ScalarType::Int | ScalarType::UnsignedInt => code.i32_add(),
                    ScalarType::Long | ScalarType::UnsignedLong => code.i64_add(),
                    ScalarType::Float => code.f32_add(),
                    ScalarType::Double => code.f64_add(),
                    _ => return self.refuse(node.span, "this type is not supported"),
                };
                Ok(left)
            }
            _ => self.refuse(node.span, "this expression is not supported"),
        }
    }
}

fn name(declarator: &Declarator) -> String {
    match &declarator.kind.node {
        DeclaratorKind::Identifier(identifier) => identifier.node.name.clone(),
        _ => String::new(),
    }
}

fn value_type(scalar: ScalarType) -> ValType {
    match scalar {
        ScalarType::Float => ValType::F32,
        ScalarType::Double => ValType::F64,
        scalar if scalar.size_bytes() == 8 => ValType::I64,
        _ => ValType::I32,
    }
}

fn module(signature: &Signature, body: &Function) -> Vec<u8> {
    let mut types = TypeSection::new();
    let parameters = signature.parameters.iter().map(|parameter| match parameter.ty {
        ParameterType::Scalar(scalar) => value_type(scalar),
        ParameterType::Pointer { .. } => ValType::I32,
    });
    types.ty().function(parameters.collect::<Vec<_>>(), signature.result.map(value_type));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("run", ExportKind::Func, 0);
    let mut code = CodeSection::new();
    code.function(body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn sum_compiles_to_a_valid_module() {
        for source in ["int run(int a,int b){return a+b;}", "void sum(float a, float b, float *c){*c=a+b;}"] {
            let compiled = compile(source).expect(source);
            wasmi::Module::validate(&wasmi::Engine::default(), &compiled.wasm).expect("valid");
        }
    }
}
