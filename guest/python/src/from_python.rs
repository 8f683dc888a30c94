//! From Python's objects to plain data.

use crate::time_values;
use rustpython_vm::builtins::{
    PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyStr, PyTuple,
};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, VirtualMachine};
use skerry_pickle::{Data, Id, Limits, Value};
use std::collections::HashMap;

/// The data that `object` is. An object that is referred to twice stays one.
///
/// # Errors
///
/// The message for the user: something in it is no plain data, named by its type, or there is too much of it.
pub(crate) fn convert(vm: &VirtualMachine, object: &PyObject, limits: Limits) -> Result<Data, String> {
    let data = Data::new(limits);
    let mut conversion = Conversion { vm, data, known: HashMap::new(), alive: Vec::new(), depth: 0, limits };
    let root = conversion.add(object)?;
    conversion.data.set_root(root);
    Ok(conversion.data)
}

struct Conversion<'a> {
    vm: &'a VirtualMachine,
    data: Data,
    /// Objects by their addresses.
    known: HashMap<usize, Id>,
    /// Keeps their addresses theirs.
    alive: Vec<PyObjectRef>,
    depth: usize,
    limits: Limits,
}

impl Conversion<'_> {
    fn add(&mut self, object: &PyObject) -> Result<Id, String> {
        if let Some(id) = self.known.get(&object.get_id()) {
            return Ok(*id);
        }
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(format!("the result is nested more than {} levels deep", self.limits.depth));
        }
        let id = match self.scalar(object)? {
            Some(value) => self.data.add(value).map_err(|error| error.to_string())?,
            None => self.container(object)?,
        };
        self.depth -= 1;
        self.remember(object, id);
        Ok(id)
    }

    fn remember(&mut self, object: &PyObject, id: Id) {
        if self.known.insert(object.get_id(), id).is_none() {
            self.alive.push(object.to_owned());
        }
    }

    /// A value that refers to no other.
    fn scalar(&self, object: &PyObject) -> Result<Option<Value>, String> {
        let types = &self.vm.ctx.types;
        let class = object.class();
        let is = |class_wanted: &PyObject| class.as_object().is(class_wanted);
        Ok(Some(if self.vm.is_none(object) {
            Value::None
        } else if is(types.bool_type.as_object()) {
            Value::Bool(object.is(&self.vm.ctx.true_value))
        } else if is(types.int_type.as_object()) {
            let Some(int) = object.downcast_ref::<PyInt>() else { return Ok(None) };
            Value::int_from_signed_bytes(&int.as_bigint().to_signed_bytes_le())
        } else if is(types.float_type.as_object()) {
            let Some(float) = object.downcast_ref::<PyFloat>() else { return Ok(None) };
            Value::Float(float.to_f64())
        } else if is(types.str_type.as_object()) {
            let Some(text) = object.downcast_ref::<PyStr>() else { return Ok(None) };
            let lone = "the result has a str with a lone surrogate: it is not valid Unicode; return bytes";
            Value::Str(text.to_str().ok_or(lone)?.to_owned())
        } else if is(types.bytes_type.as_object()) {
            let Some(bytes) = object.downcast_ref::<PyBytes>() else { return Ok(None) };
            Value::Bytes(bytes.as_bytes().to_vec())
        } else if is(types.bytearray_type.as_object()) {
            let Some(bytes) = object.downcast_ref::<PyByteArray>() else { return Ok(None) };
            Value::ByteArray(bytes.borrow_buf().to_vec())
        } else if is(types.complex_type.as_object()) {
            let part = |name| time_values::float_attribute(self.vm, object, name);
            Value::Complex(part("real")?, part("imag")?)
        } else {
            return Ok(None);
        }))
    }

    fn container(&mut self, object: &PyObject) -> Result<Id, String> {
        let types = &self.vm.ctx.types;
        let class = object.class().as_object();
        let is = |wanted: &PyObject| class.is(wanted);
        let failed = |error: skerry_pickle::PickleError| error.to_string();
        if is(types.list_type.as_object())
            && let Some(list) = object.downcast_ref::<PyList>()
        {
            let items = list.borrow_vec().to_vec();
            let id = self.data.add(Value::List(Vec::new())).map_err(failed)?;
            self.remember(object, id);
            let ids = self.add_all(items)?;
            self.data.replace(id, Value::List(ids)).map_err(failed)?;
            return Ok(id);
        }
        if is(types.dict_type.as_object())
            && let Some(dict) = object.downcast_ref::<PyDict>()
        {
            let items: Vec<_> = dict.to_owned().into_iter().collect();
            let id = self.data.add(Value::Dict(Vec::new())).map_err(failed)?;
            self.remember(object, id);
            let mut ids = Vec::with_capacity(items.len());
            for (key, item) in items {
                ids.push((self.add(&key)?, self.add(&item)?));
            }
            self.data.replace(id, Value::Dict(ids)).map_err(failed)?;
            return Ok(id);
        }
        if is(types.set_type.as_object())
            && let Some(set) = object.downcast_ref::<PySet>()
        {
            let ids = self.add_all(set.elements())?;
            return self.data.add(Value::Set(ids)).map_err(failed);
        }
        if is(types.tuple_type.as_object())
            && let Some(tuple) = object.downcast_ref::<PyTuple>()
        {
            let ids = self.add_all(tuple.as_slice().to_vec())?;
            return self.data.add(Value::Tuple(ids)).map_err(failed);
        }
        if is(types.frozenset_type.as_object())
            && let Some(set) = object.downcast_ref::<PyFrozenSet>()
        {
            let ids = self.add_all(set.elements())?;
            return self.data.add(Value::FrozenSet(ids)).map_err(failed);
        }
        self.other(object)
    }

    /// What is plain data though Python's library defines it.
    fn other(&mut self, object: &PyObject) -> Result<Id, String> {
        let vm = self.vm;
        let value = match time_values::from_python(vm, object, &mut |zone| self.add(zone))? {
            Some(value) => value,
            None => return Err(refusal(object)),
        };
        self.data.add(value).map_err(|error| error.to_string())
    }

    fn add_all(&mut self, items: Vec<PyObjectRef>) -> Result<Vec<Id>, String> {
        items.iter().map(|item| self.add(item)).collect()
    }
}

fn refusal(object: &PyObject) -> String {
    let class = object.class();
    format!(
        "the result has an object of type '{}', which cannot be returned: only plain data can (None, bool, int, float, \
         complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, datetime types and Decimal)",
        class.name()
    )
}
