using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Simulation.Machines;

/// <summary>New machines: the founder makes the vault, others are added by a member and begin with what an inviter grants.</summary>
internal static class Founding
{
    public static Machine Found(World world)
    {
        var machine = NewMachine(world);
        using var slot = SlotKey.FromKeyFile(machine.Key);
        world.Vault = VaultCreation.Create(new SimulatedStores(machine.Disk, machine.Disk.Files.OpenProcess()), machine.Name, [slot], machine.Time, machine.Random);
        world.Machines.Add(machine);
        var process = world.Open(machine) ?? throw world.Violation!;
        machine.Device = process.Vault.Device;
        return machine;
    }

    /// <summary>A member adds a device and hands over what it needs. Throws what the member's vault throws.</summary>
    public static Machine Join(World world, SimulatedProcess member)
    {
        var machine = NewMachine(world);
        using var device = DeviceKeys.Create(machine.Random);
        machine.Device = device.Device;
        member.Vault.AddMember(device.Certify(world.Vault, DeviceRole.Full), machine.Name);
        member.Disk.Acknowledged.UnionWith(member.Vault.Membership.HeldHeads);
        using var slot = SlotKey.FromKeyFile(machine.Key);
        using var grant = VaultCreation.ReadVaultFile(member.View).UnlockWithKeyFile(member.Machine.Key);
        VaultCreation.CreateReplica(new SimulatedStores(machine.Disk, machine.Disk.Files.OpenProcess()), world.Vault, device, grant.Ring.Epochs, member.Vault.Grant([]).Membership, [slot], machine.Time, machine.Random);
        world.Machines.Add(machine);
        return machine;
    }

    /// <summary>Another machine with a copy of the disk: the same keys, another machine id.</summary>
    public static Machine Clone(World world, Machine original)
    {
        var random = world.Random.Fork();
        var disk = original.Disk.Copy(newInodes: true);
        string name = NameOf(world);
        disk.Files.MachineId = name;
        var machine = new Machine(name, original.Key, disk, NewTime(world), random, new DiskTrouble(world.Scheduler, random.Fork())) { Device = original.Device };
        world.Machines.Add(machine);
        return machine;
    }

    private static Machine NewMachine(World world)
    {
        var random = world.Random.Fork();
        string name = NameOf(world);
        var disk = new SimulatedDisk(new MemoryDisk { LocksWait = false, MachineId = name });
        return new(name, KeyFile.Create(random), disk, NewTime(world), random, new DiskTrouble(world.Scheduler, random.Fork()));
    }

    private static string NameOf(World world) => "m" + (world.Machines.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static SimulatedTime NewTime(World world) => new(world.Scheduler) { Shift = world.Random.OneIn(3) ? world.Random.Next(-100_000, 100_000) : 0 };
}
