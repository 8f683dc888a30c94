//! From plain data to Python's objects.

use crate::time_values;
use malachite_bigint::BigInt;
use rustpython_vm::builtins::{PyDict, PyFrozenSet, PyList, PySet};
use rustpython_vm::{AsObject, PyObjectRef, PyPayload, PyResult, VirtualMachine};
use skerry_pickle::{Data, Id, Value};

/// The object that `data` is. What it refers to twice is one object, as it was where it comes from.
///
/// # Errors
///
/// The exception, when a value cannot be made, for want of memory for example.
pub(crate) fn convert(vm: &VirtualMachine, data: &Data) -> PyResult {
    // First every object, lists, sets and dicts empty: what cannot be changed refers only to what stands before it.
    let mut objects: Vec<PyObjectRef> = Vec::with_capacity(data.len());
    for (_, value) in data.iter() {
        let object = make(vm, value, &objects)?;
        objects.push(object);
    }
    for (id, value) in data.iter() {
        fill(vm, &objects[id.index()], value, &objects)?;
    }
    Ok(objects[data.root().index()].clone())
}

fn make(vm: &VirtualMachine, value: &Value, objects: &[PyObjectRef]) -> PyResult {
    let many = |ids: &[Id]| -> Vec<PyObjectRef> { ids.iter().map(|id| objects[id.index()].clone()).collect() };
    Ok(match value {
        Value::None => vm.ctx.none(),
        Value::Bool(value) => vm.ctx.new_bool(*value).into(),
        Value::Int(value) => vm.ctx.new_int(*value).into(),
        Value::BigInt(value) => vm.ctx.new_bigint(&BigInt::from_signed_bytes_le(value.as_signed_bytes())).into(),
        Value::Float(value) => vm.ctx.new_float(*value).into(),
        Value::Complex(real, imaginary) => {
            let arguments = vec![vm.ctx.new_float(*real).into(), vm.ctx.new_float(*imaginary).into()];
            vm.ctx.types.complex_type.as_object().call(arguments, vm)?
        }
        Value::Str(text) => vm.ctx.new_str(text.as_str()).into(),
        Value::Bytes(bytes) => vm.ctx.new_bytes(bytes.clone()).into(),
        Value::ByteArray(bytes) => vm.ctx.new_bytearray(bytes.clone()).into(),
        Value::List(_) => vm.ctx.new_list(Vec::new()).into(),
        Value::Tuple(ids) => vm.ctx.new_tuple(many(ids)).into(),
        Value::Set(_) => PySet::default().into_ref(&vm.ctx).into(),
        Value::FrozenSet(ids) => PyFrozenSet::from_iter(vm, many(ids))?.into_ref(&vm.ctx).into(),
        Value::Dict(_) => vm.ctx.new_dict().into(),
        Value::Decimal(text) => {
            time_values::construct(vm, "decimal", "Decimal", vec![vm.ctx.new_str(text.as_str()).into()])?
        }
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::TimeDelta(_) | Value::TimeZone(..) => {
            time_values::to_python(vm, value, objects)?
        }
    })
}

fn fill(vm: &VirtualMachine, object: &PyObjectRef, value: &Value, objects: &[PyObjectRef]) -> PyResult<()> {
    match value {
        Value::List(ids) => {
            if let Some(list) = object.downcast_ref::<PyList>() {
                list.borrow_vec_mut().extend(ids.iter().map(|id| objects[id.index()].clone()));
            }
        }
        Value::Set(ids) => {
            if let Some(set) = object.downcast_ref::<PySet>() {
                for id in ids {
                    set.add(objects[id.index()].clone(), vm)?;
                }
            }
        }
        Value::Dict(items) => {
            if let Some(dict) = object.downcast_ref::<PyDict>() {
                for (key, item) in items {
                    dict.inner_setitem(&*objects[key.index()], objects[item.index()].clone(), vm)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}
